/** Bytes as text: only UTF-8 is, without the mark that some editors put before it. */
import { isUtf8 } from "node:buffer"

const mark = "\uFEFF"

/** The beginning of a text without it. */
export const unmarked = (text: string): string => text.startsWith(mark) ? text.slice(1) : text

export const textOf = (bytes: Buffer, isStart: boolean): string => {
  const text = bytes.toString("utf8")
  return isStart ? unmarked(text) : text
}

/** Why these bytes are no text, with what to do; undefined where they are. */
export const fault = (bytes: Buffer, isStart: boolean): string | undefined => {
  if (isUtf8(bytes)) return undefined
  const [first, second] = bytes
  return isStart && ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    ? "it is UTF-16; save it as UTF-8, or convert it with iconv -f UTF-16 -t UTF-8"
    : "it is not UTF-8; save it as UTF-8, or convert it with iconv -f ISO-8859-1 -t UTF-8"
}
