/** Rules about images and documents. */
import { pagesOf } from "./pdf.ts"
import { isPdf, look } from "./pixels.ts"
import { eachBlock, type Fields, isFields, list, type Rules, shown, type Subject, type Violation } from "./subject.ts"

const formats: ReadonlySet<unknown> = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"])
/** Base64 characters of one image, pixels a side, and those where there are more than so `many` images. */
export const limits = { characters: 10 * 1024 * 1024, pixels: 8000, many: 20, pixelsOfMany: 2000 } as const
const mostImages = 600
const mostImagesOfSmallWindow = 100
const smallWindow = 200_000

interface Source {
  readonly path: string
  readonly type: "image" | "document"
  readonly source: Fields
  readonly block: Fields
}

const sources = (subject: Subject): ReadonlyArray<Source> => {
  const found: Array<Source> = []
  eachBlock(subject, ({ fields, path, type }) => {
    if (type !== "image" && type !== "document") return
    const source = fields["source"]
    if (isFields(source)) found.push({ path: `${path}.source`, type, source, block: fields })
  })
  return found
}

const image = ({ block, path, source }: Source, pixels: number, direct: boolean): ReadonlyArray<Violation> => {
  const { data, media_type: said } = source
  const fault = (rule: string, name: string, message: string, fix: string): ReadonlyArray<Violation> => [
    { path: `${path}.${name}`, rule, message, fix }
  ]
  if (typeof data !== "string") {
    return fault("imageData", "data", "The image has no data.", "Write its bytes as base64.")
  }
  if (!formats.has(said)) {
    return fault(
      "imageType",
      "media_type",
      `${said === undefined ? "Nothing" : shown(said)} is no type of image the API reads.`,
      "Send jpeg, png, gif or webp."
    )
  }
  if (data.startsWith("data:")) {
    return fault("imageData", "data", "The data begins with \"data:\".", "Leave everything up to the comma out.")
  }
  const seen = look(data)
  if (seen === undefined) {
    return fault("imageData", "data", "The data is no base64.", "Encode the image's bytes as base64.")
  }
  if (seen.format !== undefined && seen.format !== said) {
    return fault(
      "imageType",
      "media_type",
      `The bytes are ${seen.format}, not ${String(said)}.`,
      `Write ${seen.format}.`
    )
  }
  if (seen.foreign !== undefined) {
    return fault(
      "imageType",
      "media_type",
      `The bytes are ${seen.foreign}, not ${String(said)}.`,
      "Send jpeg, png, gif or webp: Preflight.fitImages converts."
    )
  }
  if (direct && data.length > limits.characters) {
    return fault(
      "imageSize",
      "data",
      `The image has ${data.length} base64 characters; ${limits.characters} are the most.`,
      "Scale it down, or upload it through the Files API."
    )
  }
  const { size } = seen
  if (size === undefined || isFields(block["transformations"])) return []
  return size.width <= pixels && size.height <= pixels ? [] : fault(
    "imagePixels",
    "data",
    `The image has ${size.width} × ${size.height} pixels; ${pixels} × ${pixels} are the most${
      pixels < limits.pixels ? " with so many images" : ""
    }.`,
    "Scale it down: Preflight.fitImages does."
  )
}

/** Images and pages at most; undefined for a model that nobody knows. */
const mostOf = ({ facts }: Subject): number | undefined =>
  facts === undefined ? undefined : facts.maxInputTokens <= smallWindow ? mostImagesOfSmallWindow : mostImages

const pages = (subject: Subject): ReadonlyArray<Violation> => {
  const most = mostOf(subject)
  if (most === undefined) return []
  let images = 0
  let known = 0
  let last = ""
  for (const { path, source, type } of sources(subject)) {
    const { data } = source
    if (type === "image") images++
    else if (source["type"] === "base64" && typeof data === "string") {
      const counted = pagesOf(data) ?? 0
      if (counted > 0) last = path
      known += counted
    }
  }
  return known === 0 || known + images <= most ? [] : [{
    path: last,
    rule: "pdfPages",
    message:
      `There are ${known} pages of PDF${images > 0 ? ` and ${images} images` : ""}; ${most} are the most for this ` +
      "model.",
    fix: "Split the document, or send its text."
  }]
}

const images = (subject: Subject): ReadonlyArray<Violation> => {
  const all = sources(subject).filter((one) => one.type === "image")
  const pixels = all.length > limits.many ? limits.pixelsOfMany : limits.pixels
  const most = mostOf(subject)
  const found = all.filter(({ source }) => source["type"] === "base64").flatMap((one) =>
    image(one, pixels, subject.direct)
  )
  const surplus = most === undefined ? undefined : all[most]
  if (surplus !== undefined) {
    found.push({
      path: surplus.path,
      rule: "imageCount",
      message: `There are ${all.length} images; ${most} are the most for this model.`,
      fix: "Send fewer at once."
    })
  }
  return found
}

const pdf = (subject: Subject): ReadonlyArray<Violation> =>
  sources(subject).flatMap(({ path, source, type }): ReadonlyArray<Violation> => {
    const { data, media_type: said } = source
    if (type !== "document" || source["type"] !== "base64") return []
    if (said !== "application/pdf") {
      return [{
        path: `${path}.media_type`,
        rule: "pdf",
        message: "Only PDF is sent as base64.",
        fix: "Write application/pdf, or send text with source type \"text\"."
      }]
    }
    if (typeof data === "string" && isPdf(data) === true) return []
    return [{
      path: `${path}.data`,
      rule: "pdf",
      message: "The data is no PDF in base64.",
      fix: "Encode the file's bytes; they contain %PDF at the beginning."
    }]
  })

/** Since version 2026-10-21. */
const places = (subject: Subject): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  if (!subject.direct) return found
  eachBlock(subject, ({ fields, path, role, type }) => {
    if (type === "document" && role === "assistant") {
      found.push({
        path,
        rule: "documentPlace",
        message: "A document stands in a message of the assistant.",
        fix: "Send it in a message of the user."
      })
    }
    if (type === "text" && role === "user" && list(fields["citations"]).length > 0) {
      found.push({
        path: `${path}.citations`,
        rule: "documentPlace",
        message: "A text of the user has citations.",
        fix: "Leave them out."
      })
    }
  })
  return found
}

export const media: ReadonlyArray<Rules> = [
  {
    rules: {
      imageData: "An image in base64 has data that is base64.",
      imageType: "It is jpeg, png, gif or webp, and its bytes say the same.",
      imageSize: "It has at most 10 MB of base64.",
      imagePixels: "At most 8,000 pixels a side, 2,000 with more than 20 images.",
      imageCount: "At most 600 images, 100 for windows of 200,000 tokens."
    },
    source: "build-with-claude/vision",
    check: images
  },
  { rules: { pdf: "Documents in base64 are PDFs." }, source: "build-with-claude/pdf-support", check: pdf },
  {
    rules: {
      pdfPages: "At most 600 pages and images, 100 for windows of 200,000 tokens; where the PDF's index is plain."
    },
    source: "build-with-claude/pdf-support",
    check: pages
  },
  {
    rules: {
      documentPlace: "No document of the assistant's, no citations on the user's texts, since version 2026-10-21."
    },
    source: "api/migration-2026-10-21",
    check: places
  }
]
