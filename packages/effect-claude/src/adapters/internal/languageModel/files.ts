/** Files of a prompt as the API's images and documents. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type * as Prompt from "effect/ai/Prompt"
import * as Base64 from "effect/encoding/Base64"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

type MediaType = Messages.Base64ImageSource["media_type"]

/** How the base64 of each format begins. */
const beginnings: ReadonlyArray<readonly [string, MediaType]> = [
  ["/9j/", "image/jpeg"],
  ["iVBOR", "image/png"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"]
]

/** Where the file is, or what is in it; it is read once, in the form that is asked for. */
interface Given {
  readonly url?: string
  readonly base64: () => string
  readonly text: () => string
}

const dataUrl = /^data:[^,]*,/

/** A text that is no URL encoding stands for itself. */
const decoded = (text: string): string => Option.getOrElse(Option.liftThrowable(decodeURIComponent)(text), () => text)

const inline = (head: string, body: string): Given =>
  head.endsWith(";base64,")
    ? { base64: () => body, text: () => Result.getOrElse(Base64.decodeString(body), () => body) }
    : { base64: () => Base64.encode(decoded(body)), text: () => decoded(body) }

const given = (data: Prompt.FilePart["data"]): Given => {
  if (typeof data !== "string" && !(data instanceof URL)) {
    return { base64: () => Base64.encode(data), text: () => new TextDecoder().decode(data) }
  }
  const text = String(data)
  const [head] = dataUrl.exec(text) ?? []
  if (head !== undefined) return inline(head, text.slice(head.length))
  const as = { base64: () => text, text: () => text }
  return data instanceof URL || /^https?:\/\//i.test(text) ? { ...as, url: text } : as
}

const image = (part: Prompt.FilePart, { base64, url }: Given): Messages.ImageBlockParam["source"] => {
  const { fileId } = part.options.anthropic ?? {}
  if (typeof fileId === "string") return { type: "file", file_id: fileId }
  if (url !== undefined) return { type: "url", url }
  const data = base64()
  const found = beginnings.find(([beginning]) => data.startsWith(beginning))?.[1]
  // Which formats there are is preflight's to say.
  const said = part.mediaType as MediaType
  return { type: "base64", media_type: part.mediaType === "image/*" ? found ?? "image/jpeg" : said, data }
}

const document = (part: Prompt.FilePart, { base64, text, url }: Given) => {
  const { fileId } = part.options.anthropic ?? {}
  if (typeof fileId === "string") return { type: "file", file_id: fileId } as const
  if (url !== undefined) return { type: "url", url } as const
  return part.mediaType === "application/pdf"
    ? { type: "base64", media_type: "application/pdf", data: base64() } as const
    : { type: "text", media_type: "text/plain", data: text() } as const
}

const readable = /^(text\/.+|application\/(pdf|json|xml|x-yaml|yaml))$/

/** The block of a file, undefined if the API reads no files of its kind. */
export const block = (part: Prompt.FilePart): Messages.ImageBlockParam | Messages.DocumentBlockParam | undefined => {
  const { citations, documentContext, documentTitle, fileId } = part.options.anthropic ?? {}
  if (part.mediaType.startsWith("image/")) return { type: "image", source: image(part, given(part.data)) }
  if (!readable.test(part.mediaType) && typeof fileId !== "string") return undefined
  const title = documentTitle ?? part.fileName
  return {
    type: "document",
    source: document(part, given(part.data)),
    ...(title === undefined ? {} : { title }),
    ...(typeof documentContext === "string" ? { context: documentContext } : {}),
    ...(citations?.enabled === true ? { citations: { enabled: true } } : {})
  }
}
