/** A `Response` that was read, made again. */

/** Statuses that have no body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** What the words of a status may be made of. */
const sayable = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

export interface Parts {
  readonly response: Response
  readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>
  readonly headers?: Headers
}

/** What a constructor cannot be given, and a program may look at; a clone has it too. */
const looking = (made: Response, like: Pick<Response, "redirected" | "type" | "url">): Response => {
  const { redirected, type, url } = like
  const clone = (): Response => looking(Response.prototype.clone.call(made), like)
  for (const [name, value] of Object.entries({ clone, redirected, type, url })) {
    Object.defineProperty(made, name, { value })
  }
  return made
}

/** The same status, headers and address with another body. */
export const copy = ({ body, headers, response }: Parts): Response => {
  const { redirected, status, statusText, type, url } = response
  const made = new Response(bodiless.has(status) ? null : body, {
    // What no `Response` may be made with came from beyond what HTTP allows.
    status: status >= 200 && status < 600 ? status : 502,
    statusText: sayable.test(statusText) ? statusText : "",
    headers: headers ?? response.headers
  })
  return looking(made, { redirected, type, url })
}
