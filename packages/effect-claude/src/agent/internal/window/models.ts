/** What differs between generations of models, by their names: a name that is not known is taken for a newer one. */

const dated = "(?:$|[-@](?:\\d{8}|latest|v\\d))"

const small = new RegExp(`claude-(?:instant|[123](?:[-.]|$)|(?:opus|sonnet|haiku)-4(?:-[0-6])?${dated})`)
const unbound = new RegExp(
  `claude-(?:opus-4-[78]${dated}|(?:fable|mythos|sonnet|opus)-5${dated}|mythos-preview)`
)

/** Up to 4.6 images are scaled down to fewer pixels. */
export const seesLess = (model: string): boolean => small.test(model)

/** Whether thinking is bound to everything before it, so that no block of it outlives a change of its prefix. */
export const bindsThinking = (model: string): boolean => !small.test(model) && !unbound.test(model)
