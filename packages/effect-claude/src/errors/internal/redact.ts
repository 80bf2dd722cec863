/** Keys, tokens, cookies and passwords out of a text, in time linear in it: a hostile page must not hold the program. */

/** What looks like a secret wherever it stands; the first group, where there is one, is kept. */
const patterns: ReadonlyArray<RegExp> = [
  /sk-ant-[\w-]+/g,
  /(?<![\w-])eyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g,
  /\b((?:set-)?cookie["']?\s*[:=]\s*["']?)[^\r\n"'<]+/gi,
  /\b((?:x-api-key|x-goog-api-key|x-amz-security-token|api[-_]key|authorization)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"',;<&]+/gi,
  /\b(bearer\s+)[^\s"',;<&]+/gi,
  // Up to the last @: a password may hold one.
  /(:\/\/[^\s/:@]*:)[^\s/]+(?=@)/g,
  /(:\/\/)[^\s/:@<]+(?=@)/g
]

/** Shorter secrets are looked for as they are only: their encodings could be parts of words. */
const leastEncoded = 12

const base64 = (text: string): string => btoa(text)

/** The part of its base64 that is the same whatever stands before and behind it, for each of the three places it can begin. */
const aligned = (secret: string): ReadonlyArray<string> =>
  [0, 2, 3].map((from, before) =>
    base64("\0".repeat(before) + secret).slice(from, Math.floor((before + secret.length) * 8 / 6))
  )

/** A secret as an echo may show it. */
const shapesOf = (secret: string): ReadonlyArray<string> => {
  if (secret.length < leastEncoded || !/^[\x20-\x7e]+$/.test(secret)) return [secret]
  const encoded = aligned(secret)
  return [
    secret,
    encodeURIComponent(secret),
    ...encoded,
    ...encoded.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))
  ]
}

/** Takes out what looks like a secret, and whatever the caller knows to be one, encoded or not. */
export const redact = (text: string, secrets: ReadonlyArray<string> = []): string => {
  let clean = text
  for (const known of secrets) {
    if (known === "") continue
    for (const shape of shapesOf(known)) clean = clean.replaceAll(shape, "<redacted>")
  }
  for (const pattern of patterns) {
    // Without a group, what follows the match is its offset.
    clean = clean.replace(pattern, (_, name: unknown) => `${typeof name === "string" ? name : ""}<redacted>`)
  }
  return clean
}

/** The beginning of a text, but not of a word: it may be a secret that nobody would know by its half. */
export const beginning = (text: string, most: number): string => {
  if (text.length <= most) return text
  let end = most
  while (end > 0 && !/[\s<>"']/.test(text.charAt(end - 1))) end--
  return text.slice(0, end === 0 ? most : end)
}

/** So much of a text is looked at, whatever of it is shown. */
const mostRead = 65_536

/** At most so much of a text without what is secret in it: cut behind the secrets, not through one. */
export const excerpt = (text: string, most: number, secrets?: ReadonlyArray<string>): string =>
  redact(beginning(text, mostRead), secrets).slice(0, most)
