/** Who has to act, in words. */
import type { Diagnosis } from "effect-claude"

const names: { readonly [W in Diagnosis.Who]: string } = {
  you: "you, who wrote the program",
  admin: "an admin of the organization",
  billing: "whoever pays for the account",
  anthropic: "Anthropic",
  network: "whoever runs the network between here and the API"
}

export const nameOf = (who: Diagnosis.Who): string => names[who]
