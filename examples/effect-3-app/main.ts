/** An application on Effect 3: its `HttpClient` gets the policies by the `fetch` it is given. */
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import * as ClaudeFetch from "claude-fetch"
import { Effect, Layer, Schema, Stream } from "effect"

const Fetch = Layer.scoped(
  FetchHttpClient.Fetch,
  Effect.acquireRelease(
    Effect.sync(() => ClaudeFetch.make({ deadline: "5 minutes" })),
    (fetch) => Effect.promise(() => fetch[Symbol.asyncDispose]())
  )
)

/** An `HttpClient` for the app; what is not for Claude passes it untouched. */
export const client = FetchHttpClient.layer.pipe(Layer.provide(Fetch))

const Message = Schema.Struct({ content: Schema.Array(Schema.Struct({ type: Schema.String, text: Schema.String })) })

const request = (url: string, question: string, stream: boolean) =>
  HttpClientRequest.post(`${url}/v1/messages`).pipe(
    HttpClientRequest.setHeaders({
      "x-api-key": process.env["ANTHROPIC_API_KEY"] ?? "",
      "anthropic-version": "2026-10-21"
    }),
    HttpClientRequest.bodyUnsafeJson({
      model: "claude-sonnet-5-5",
      max_tokens: 1024,
      stream,
      messages: [{ role: "user", content: question }]
    })
  )

/** The text of one answer. */
export const ask = (url: string, question: string) =>
  HttpClient.execute(request(url, question, false)).pipe(
    Effect.flatMap(HttpClientResponse.filterStatusOk),
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Message)),
    Effect.map(({ content }) => content.map(({ text }) => text).join(""))
  )

/** The bytes of a streamed answer; fails where it does not come to its end. */
export const stream = (url: string, question: string) =>
  HttpClient.execute(request(url, question, true)).pipe(
    Effect.flatMap(HttpClientResponse.filterStatusOk),
    HttpClientResponse.stream,
    Stream.decodeText()
  )
