/** The client as its users see it: each of their calls is one to whoever listens, with all that it takes. */
import * as Hook from "../../telemetry/internal/hook.ts"
import type { ClaudeClient } from "../ClaudeClient.ts"
import { modelOf } from "./gate.ts"
import type { Told } from "./run.ts"

const telling = <Options extends object>(options: Options | undefined, told: Hook.CallWatch): Options & Told => ({
  // All that a caller may leave out is optional in the options.
  ...options as Options,
  told
})

/** A call of another client that has come here by its fallback is told of there. */
const isTold = (options: object | undefined): boolean => options !== undefined && "told" in options

const noAnswer = (): undefined => undefined

/** `built`: who listened where the client was built, for calls of fibers where nobody does. */
export const watched = (
  built: Hook.Hook | undefined,
  source: Hook.Source,
  client: ClaudeClient["Service"]
): ClaudeClient["Service"] => {
  const called = (method: string, params: unknown, model = modelOf(params)) => (): Hook.Called => ({
    source,
    method,
    model,
    params
  })
  return {
    batches: client.batches,
    createMessage: (params, options) =>
      isTold(options) ? client.createMessage(params, options) : Hook.watched(
        built,
        called("createMessage", params),
        (message) => message,
        (told) => client.createMessage(params, told === undefined ? options : telling(options, told))
      ),
    streamMessage: (params, options) =>
      isTold(options) ? client.streamMessage(params, options) : Hook.watchedStream(
        built,
        called("streamMessage", params),
        (told) => client.streamMessage(params, told === undefined ? options : telling(options, told))
      ),
    countTokens: (params, options) =>
      Hook.watched(
        built,
        called("countTokens", params),
        noAnswer,
        (told) => client.countTokens(params, told === undefined ? options : telling(options, told))
      ),
    getModel: (id, options) =>
      Hook.watched(
        built,
        called("getModel", undefined, id),
        noAnswer,
        (told) => client.getModel(id, told === undefined ? options : telling(options, told))
      ),
    listModels: (options) =>
      Hook.watched(
        built,
        called("listModels", undefined),
        noAnswer,
        (told) => client.listModels(told === undefined ? options : telling(options, told))
      )
  }
}
