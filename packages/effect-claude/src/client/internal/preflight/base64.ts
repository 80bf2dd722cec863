/** Bytes out of the middle of a base64 text, without decoding the rest of it. */

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

const values = new Int8Array(128).fill(-1)
for (let value = 0; value < digits.length; value++) values[digits.charCodeAt(value)] = value

/** The last one may be less than three bytes. */
const digitsPerGroup = 4
const bytesPerGroup = 3

/** Bytes the text stands for, at most. */
export const lengthOf = (text: string): number => Math.floor(text.length * bytesPerGroup / digitsPerGroup)

/** At most `count` bytes from byte `from` on; fewer where the text ends or is not plain base64. */
export const bytesAt = (text: string, from: number, count: number): Uint8Array => {
  const bytes = new Uint8Array(count)
  let filled = 0
  let at = Math.floor(from / bytesPerGroup) * digitsPerGroup
  let skip = from % bytesPerGroup
  while (filled < count) {
    let group = 0
    let given = 0
    for (; given < digitsPerGroup; given++) {
      const value = values[text.charCodeAt(at + given)] ?? -1
      if (value < 0) break
      group = group << 6 | value
    }
    group <<= 6 * (digitsPerGroup - given)
    for (let byte = 0; byte < given - 1 && filled < count; byte++) {
      if (skip > 0) skip--
      else bytes[filled++] = group >> 16 - 8 * byte & 0xff
    }
    if (given < digitsPerGroup) break
    at += digitsPerGroup
  }
  return filled === count ? bytes : bytes.subarray(0, filled)
}

/** Each byte as the character of the same number. */
export const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
