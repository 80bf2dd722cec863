/** A key as it must be: a paste that went wrong is named before the API refuses it. */

/** What is wrong with a key, undefined if nothing is. The key itself is never shown. */
export const problem = (key: string): string | undefined => {
  if (key === "") return "it is empty"
  if (/^["'`]|["'`]$/.test(key)) return "it has quotation marks around it"
  if (/^\s|\s$/.test(key)) return "it begins or ends with white space"
  if (/\s/.test(key)) return "it has white space in it"
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\uffff]/.test(key)) return "it has control or non-ASCII characters in it"
  return undefined
}

export const hasKnownPrefix = (key: string): boolean => key.startsWith("sk-ant-")
