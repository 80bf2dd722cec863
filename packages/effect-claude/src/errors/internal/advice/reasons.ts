/** What to do about each reason, where no error code says it better. */
import type { Reason } from "../../ClaudeError.ts"
import { patternOf } from "../patterns.ts"
import { advise, afterwards, type Diagnosis, no, once, page, yes } from "./advice.ts"
import { billed, conversations, googleQuota, known, limits, phases, proxySteps } from "./kinds.ts"

type Of<Tag extends Reason["_tag"]> = Extract<Reason, { readonly _tag: Tag }>
type Table = { readonly [Tag in Reason["_tag"]]: (reason: Of<Tag>) => Diagnosis }

const backoff = yes("With backoff, and no earlier than the answer's hint.")

export const reasons: Table = {
  InvalidRequest: (reason) => {
    const name = patternOf(reason.message)
    return (name === undefined ? undefined : known[name]) ?? advise(
      "you",
      "The API does not accept this request.",
      [
        "The message names the field; correct it.",
        "`effect-claude check` finds in a saved request what can be known without the API."
      ],
      no,
      page.errors
    )
  },
  ContextOverflow: (reason) =>
    advise(
      "you",
      reason.maxTokens === undefined
        ? "The prompt is longer than the model's window."
        : "Prompt and `max_tokens` together are longer than the model's window.",
      [
        ...(reason.maxTokens === undefined ? [] : ["Lower `max_tokens`."]),
        "Shorten the conversation: drop whole old exchanges, or have them summed up.",
        "Or use a model with a larger window."
      ],
      no,
      page.context
    ),
  InvalidConversation: (reason) => conversations[reason.kind],
  AuthenticationFailed: (reason) =>
    advise(
      "you",
      reason.status === undefined
        ? "The credentials could not be obtained."
        : "The key is missing, wrong or revoked.",
      [
        "Check what ANTHROPIC_API_KEY holds where the program really runs; `effect-claude doctor` looks at its form.",
        "Create a new key in the Console if this one was deleted.",
        "Behind a gateway, use the gateway's own key and base URL."
      ],
      reason.fromCache === true ? once("With a fresh token.") : afterwards,
      page.errors
    ),
  PermissionDenied: () =>
    advise(
      "admin",
      "The key may not do this.",
      [
        "Have an admin look at the key's workspace and permissions.",
        "Check that the model or feature is enabled for the workspace."
      ],
      afterwards,
      page.errors
    ),
  AccountOnHold: (reason) =>
    advise(
      "admin",
      "Anthropic has put the organization on hold.",
      [
        `Have the organization's owner appeal${reason.appealUrl === undefined ? "" : ` at ${reason.appealUrl}`}.`,
        "Stop what runs unattended until then."
      ],
      afterwards,
      page.errors
    ),
  BillingBlocked: (reason) =>
    advise(
      "billing",
      billed[reason.kind][0],
      [billed[reason.kind][1], "Stop what runs unattended: no retry helps."],
      afterwards,
      page.rateLimits
    ),
  NotFound: (reason) => {
    switch (reason.resource) {
      case "model":
        return advise(
          "you",
          "There is no such model, or this key may not use it.",
          [
            "Look the id up: `effect-claude doctor --model <id>` lists what the key may use.",
            "A retired model is not found either; move to its successor."
          ],
          no,
          page.deprecations
        )
      case "thread":
        return advise(
          "you",
          "The thread is gone: it lives five minutes after its last request.",
          [
            "Send the whole conversation again with `thread: { type: \"create\" }`."
          ],
          once("With the whole conversation."),
          page.threads
        )
      case "file":
        return advise(
          "you",
          "The file does not exist, has expired, or belongs to another workspace.",
          [
            "Upload it again and use the new `file_id`."
          ],
          no,
          page.files
        )
      default:
        return advise(
          "you",
          "The address or the object does not exist.",
          [
            "Check the base URL: it ends before `/v1`.",
            "Check the object's id and the workspace of the key."
          ],
          no,
          page.errors
        )
    }
  },
  RequestTooLarge: () =>
    advise(
      "you",
      "The request is larger than the API, or a proxy before it, takes: 32 MB, 20 MB on Bedrock, 30 MB on Google Cloud.",
      [
        "Upload documents and images once through the Files API and send their `file_id`.",
        "Scale images down; split a long document into chunks.",
        "If the body is smaller than that, a proxy of yours has a lower limit (nginx: `client_max_body_size`)."
      ],
      no,
      page.files
    ),
  Conflict: (reason) =>
    advise(
      "you",
      "The request conflicts with the state of what it names.",
      [
        "Read that state again, then decide."
      ],
      reason.isRetryable ? yes("After a few seconds.") : no,
      page.errors
    ),
  RateLimited: (reason) =>
    /Quota exceeded for aiplatform/.test(reason.message) ? googleQuota : advise(
      "you",
      limits[reason.limit],
      [
        "Wait as the answer says; the client does.",
        "Give `ClaudeRateLimiter` the account's limits, and share it between processes that share the account.",
        "If it lasts, ask for higher limits, or move bulk work to Message Batches."
      ],
      backoff,
      page.rateLimits
    ),
  Overloaded: () =>
    advise(
      "anthropic",
      "The API is overloaded; your limits are not the cause.",
      [
        "Wait; the client tries again and its circuit breaker spares the API.",
        "Declare a fallback to another model where an answer now is worth it.",
        "If it lasts, look at status.claude.com."
      ],
      backoff,
      page.errors
    ),
  ServerFailed: (reason) =>
    reason.status === 504 || reason.errorType === "timeout_error"
      ? advise(
        "anthropic",
        "The answer was not ready in time.",
        [
          "Stream it, or lower `max_tokens`.",
          "Move long work to Message Batches."
        ],
        backoff,
        page.errors
      )
      : advise(
        "anthropic",
        "The API, or something before it, failed.",
        [
          "Wait; the client tries again.",
          "If it lasts, look at status.claude.com and give support the request id.",
          "502 and 503 with a page of HTML come from a proxy: look at its log."
        ],
        backoff,
        page.errors
      ),
  ConnectionFailed: (reason) =>
    /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(reason.code ?? "")
      ? advise(
        "network",
        "The encrypted connection could not be made.",
        [
          "A proxy that reads TLS needs its certificate trusted: NODE_EXTRA_CA_CERTS.",
          "Check the machine's clock."
        ],
        afterwards,
        page.errors
      )
      : advise(
        "network",
        reason.code === "ENOTFOUND" || reason.code === "EAI_AGAIN"
          ? "The host's name could not be resolved."
          : "There was no answer, or the connection broke inside one.",
        [
          "Wait; the client tries again. No answer does not mean no bill: the request may have run.",
          "If it lasts, `effect-claude doctor` looks at name, proxy and TLS."
        ],
        yes("With backoff; the work may be done and paid twice."),
        page.errors
      ),
  TimedOut: (reason) =>
    advise(
      "network",
      phases[reason.phase][0],
      [phases[reason.phase][1]],
      yes("With backoff; the work may be done and paid twice."),
      page.policies
    ),
  StreamInterrupted: (reason) =>
    advise(
      "network",
      "The stream ended before its message did.",
      proxySteps,
      reason.delivered === true
        ? { helps: "no", when: "Events reached the caller: only a continuation can go on." }
        : yes("From the start, or as a continuation."),
      page.streaming
    ),
  MalformedResponse: () =>
    advise(
      "network",
      "A success came whose body is no message.",
      [
        "Look at `body`: a login page or a gateway's own text tells who wrote it.",
        "Check the base URL and the proxy."
      ],
      once("It may have been an accident."),
      page.errors
    ),
  Refused: (reason) =>
    advise(
      "you",
      `The model refused${reason.category === undefined ? "" : ` (${reason.category})`}.`,
      [
        "Take the refused turn out of the history: leaving it makes later turns refuse too.",
        "Ask differently, or declare a fallback chain for refusals."
      ],
      no,
      page.refusals
    ),
  Truncated: (reason) =>
    reason.limit === "maxTokens"
      ? advise(
        "you",
        "The answer reached `max_tokens`.",
        [
          "Raise `max_tokens`, or go on from where it ends.",
          "Never run a tool call that was cut: its input is not whole."
        ],
        no,
        page.stopReasons
      )
      : advise(
        "you",
        "The answer filled the model's window.",
        [
          "Shorten the conversation, or have it summed up, and ask again."
        ],
        no,
        page.stopReasons
      ),
  UnknownStop: () =>
    advise(
      "you",
      "The answer stopped for a reason newer than this library.",
      [
        "Read the API's list of stop reasons.",
        "Update effect-claude."
      ],
      no,
      page.stopReasons
    ),
  RequestRejected: () =>
    advise(
      "you",
      "The request breaks rules of the API; nothing was sent.",
      [
        "Each violation names its path and its fix.",
        "Where a rule is wrong for you, waive it by name in `preflight`."
      ],
      no,
      page.errors
    ),
  RequestExceedsLimit: () =>
    advise(
      "you",
      "The request needs more than a whole minute of its limit.",
      [
        "Shorten it, or raise the limit you configured if the account's is higher."
      ],
      no,
      page.rateLimits
    ),
  LimiterRejected: (reason) =>
    reason.why === "unavailable"
      ? advise(
        "you",
        "The limits are shared through a Redis that does not answer.",
        [
          "Bring it back: the limiter finds it by itself.",
          "With `onUnavailable: \"open\"` each process goes on by its own view meanwhile."
        ],
        yes("When Redis is back."),
        page.policies
      )
      : reason.why === "queueFull"
      ? advise(
        "you",
        "More calls wait than the limiter's queue holds.",
        ["Start fewer at once, or raise `maxQueue`."],
        yes("When the queue is shorter."),
        page.policies
      )
      : advise(
        "you",
        "The limits let the call in only after its deadline.",
        ["Give it more time, a higher priority, or start less."],
        yes("After the wait it names."),
        page.policies
      ),
  CircuitOpen: (reason) =>
    reason.retryAfter === undefined
      ? advise(
        "you",
        "The circuit is held open by hand.",
        ["Release it where it was isolated."],
        afterwards,
        page.policies
      )
      : advise(
        "anthropic",
        "So many calls failed that none is sent for a while.",
        ["Wait; one probe finds out, then calls go on.", "`openedBy` holds the failure that opened it."],
        yes("After `retryAfter`; the client waits by itself."),
        page.policies
      ),
  DeadlineExceeded: () =>
    advise(
      "you",
      "The call was not done within its deadline.",
      ["`last` holds the last real failure.", "Give it more time if that failure passes by itself."],
      yes("With a longer deadline."),
      page.policies
    ),
  SpendExceeded: () =>
    advise(
      "you",
      "Your own budget for this run does not cover the next request.",
      ["Raise it if the run is worth it; nothing before is lost."],
      afterwards,
      page.policies
    )
}
