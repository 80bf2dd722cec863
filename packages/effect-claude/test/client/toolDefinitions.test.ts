import { Reply, RequestRules, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Equal, Option, Result, Schema } from "effect"
import { Tool } from "effect/ai"
import { define, toParam } from "../../src/client/internal/toolDefinitions.ts"

const tool = (parameters: Schema.Top, name = "a_tool") => Tool.make(name, { parameters })
const defined = (parameters: Schema.Top) => Result.getOrThrow(define(tool(parameters)))
const schemaOf = (parameters: Schema.Top) => defined(parameters).param.input_schema
const faults = (given: Tool.Any) => Result.match(toParam(given), { onFailure: (found) => found, onSuccess: () => [] })

class Person extends Schema.Class<Person>("Person")({ name: Schema.String }) {}
interface Tree {
  readonly value: number
  readonly kids: ReadonlyArray<Tree>
  readonly note?: string
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  value: Schema.Finite,
  kids: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)),
  note: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "Tree" })

const text = { type: "string" }
const tree = {
  type: "object",
  properties: { value: { type: "number" }, kids: { type: "array", items: { $ref: "#/$defs/Tree" } }, note: text },
  required: ["value", "kids"]
}
const shape = Schema.Union([
  Schema.Struct({ kind: Schema.tag("circle"), radius: Schema.Finite, note: Schema.optionalKey(Schema.String) }),
  Schema.Struct({ kind: Schema.tag("square"), side: Schema.Finite, note: Schema.NullOr(Schema.String) })
])

/** Shapes of parameters, and what the model is told of each. */
const shapes = {
  "an empty struct": [Schema.Struct({}), { type: "object" }],
  "no parameters": [Tool.EmptyParams, { type: "object", additionalProperties: false }],
  "optional keys, defaults and null": [
    Schema.Struct({
      a: Schema.Int,
      b: Schema.optionalKey(Schema.String),
      c: Schema.optional(Schema.String),
      d: Schema.NullOr(Schema.Number)
    }),
    {
      type: "object",
      properties: {
        a: { type: "integer" },
        b: text,
        c: { anyOf: [text, { type: "null" }] },
        d: { anyOf: [{ type: "number" }, { type: "null" }] }
      },
      required: ["a", "d"]
    }
  ],
  "checks and brands": [
    Schema.Struct({
      id: Schema.String.check(Schema.isMinLength(2)).pipe(Schema.brand("Id")),
      n: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))
    }),
    {
      type: "object",
      properties: { id: { type: "string", minLength: 1 }, n: { type: "integer", minimum: 1, maximum: 5 } },
      required: ["id", "n"]
    }
  ],
  "a union inside": [
    Schema.Struct({ shape }),
    {
      type: "object",
      properties: {
        shape: {
          anyOf: [
            {
              type: "object",
              properties: { kind: { type: "string", enum: ["circle"] }, radius: { type: "number" }, note: text },
              required: ["kind", "radius"]
            },
            {
              type: "object",
              properties: {
                kind: { type: "string", enum: ["square"] },
                side: { type: "number" },
                note: { anyOf: [text, { type: "null" }] }
              },
              required: ["kind", "side", "note"]
            }
          ]
        }
      },
      required: ["shape"]
    }
  ],
  "a class at the top": [
    Person,
    {
      type: "object",
      properties: { name: text },
      required: ["name"],
      $defs: { PersonEncoded: { type: "object", properties: { name: text }, required: ["name"] } }
    }
  ],
  "a schema that refers to itself": [Tree, { ...tree, $defs: { Tree: tree } }],
  "an option": [
    Schema.Struct({ o: Schema.Option(Schema.String), k: Schema.OptionFromOptionalKey(Schema.String) }),
    {
      type: "object",
      properties: {
        o: {
          anyOf: [
            {
              type: "object",
              properties: { _tag: { type: "string", enum: ["Some"] }, value: text },
              required: ["_tag", "value"]
            },
            { type: "object", properties: { _tag: { type: "string", enum: ["None"] } }, required: ["_tag"] }
          ]
        },
        k: text
      },
      required: ["o"]
    }
  ],
  dates: [
    Schema.Struct({ date: Schema.Date, from: Schema.DateFromString }),
    { type: "object", properties: { date: text, from: text }, required: ["date", "from"] }
  ],
  "a record at the top": [Schema.Record(Schema.String, Schema.Finite), {
    type: "object",
    additionalProperties: { type: "number" }
  }],
  "a struct with a rest": [
    Schema.StructWithRest(Schema.Struct({ a: Schema.String }), [Schema.Record(Schema.String, Schema.Json)]),
    { type: "object", properties: { a: text }, required: ["a"], additionalProperties: {} }
  ],
  "tuples, maps and sets": [
    Schema.Struct({
      t: Schema.Tuple([Schema.String, Schema.Int]),
      m: Schema.ReadonlyMap(Schema.String, Schema.Int),
      s: Schema.ReadonlySet(Schema.String)
    }),
    {
      type: "object",
      properties: {
        t: { type: "array", prefixItems: [text, { type: "integer" }], minItems: 2, maxItems: 2 },
        m: {
          type: "array",
          items: { type: "array", prefixItems: [text, { type: "integer" }], minItems: 2, maxItems: 2 }
        },
        s: { type: "array", items: text }
      },
      required: ["t", "m", "s"]
    }
  ],
  "numbers that JSON has none for": [
    Schema.Struct({ big: Schema.BigInt, url: Schema.URL }),
    {
      type: "object",
      properties: { big: { type: "string", pattern: "^-?\\d+$" }, url: text },
      required: ["big", "url"]
    }
  ]
} satisfies Record<string, readonly [Schema.Top, object]>

describe("what the model is told", () => {
  for (const [name, [parameters, expected]] of Object.entries(shapes)) {
    it(name, () => {
      assert.deepStrictEqual<unknown>(sorted(schemaOf(parameters)), sorted(expected))
    })
  }

  it("the API takes every one of them", () =>
    Effect.runPromise(Effect.forEach(Object.values(shapes), ([parameters]) => {
      const param = Result.getOrThrow(toParam(tool(parameters)))
      const json = {
        model: "claude-sonnet-5-5",
        max_tokens: 10,
        tools: [param],
        messages: [{ role: "user", content: "Hi" }]
      }
      const handler = RequestRules.make(Script.always(Reply.json(200, {})))
      const headers = { "x-api-key": "key" }
      const request = { index: 0, at: 0, method: "POST", path: "/v1/messages", query: "", headers, body: "", json }
      return Effect.map(
        handler(request),
        ({ body, status }) =>
          assert.strictEqual(status, 200, JSON.stringify([...body].map(({ bytes }) => String(bytes))))
      )
    })))

  it("what is said twice is said once", () => {
    const { properties } = schemaOf(Schema.Struct({ a: Schema.optional(Schema.NullOr(Schema.Number)) }))
    assert.deepStrictEqual<unknown>(properties, { a: { anyOf: [{ type: "number" }, { type: "null" }] } })
  })

  it("the description is the tool's, else its parameters'", () => {
    const parameters = Schema.Struct({}).annotate({ description: "of the parameters" })
    assert.strictEqual(defined(parameters).param.description, "of the parameters")
    const own = Tool.make("own", { parameters, description: "of the tool" })
    assert.strictEqual(Result.getOrThrow(define(own)).param.description, "of the tool")
    assert.notProperty(defined(Schema.Struct({ a: Schema.String })).param, "description")
  })

  it("a schema given as JSON stays as its author wrote it", () => {
    const given = { type: "object", properties: { a: { $ref: "#/definitions/A" } }, definitions: { A: text } } as const
    assert.deepStrictEqual<unknown>(Result.getOrThrow(toParam(Tool.dynamic("mcp", { parameters: given }))), {
      name: "mcp",
      input_schema: given
    })
    const open = Result.getOrThrow(define(Tool.dynamic("open")))
    assert.deepStrictEqual<unknown>(open.param.input_schema, { type: "object" })
  })
})

/** Keys of objects have no order in a schema. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
    ? Object.fromEntries(
      Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1).map(([key, inner]) => [key, sorted(inner)])
    )
    : value

describe("what the API would not take is told with its path", () => {
  const cases: Readonly<Record<string, readonly [Tool.Any, string]>> = {
    "a name with a dot": [tool(Schema.Struct({}), "a.b"), "name"],
    "a name of 129 characters": [tool(Schema.Struct({}), "a".repeat(129)), "name"],
    "no name": [tool(Schema.Struct({}), ""), "name"],
    "a union at the top": [tool(shape), "input_schema.anyOf"],
    "a list at the top": [tool(Schema.Array(Schema.String)), "input_schema.type"],
    "a text at the top": [tool(Schema.String), "input_schema.type"],
    nothing: [tool(Schema.Void), "input_schema.type"],
    "a reference to nothing": [
      Tool.dynamic("mcp", { parameters: { type: "object", properties: { a: { $ref: "#/$defs/Missing" } } } }),
      "input_schema.properties.a.$ref"
    ],
    "a reference that is written badly": [
      Tool.dynamic("mcp", { parameters: { type: "object", properties: { a: { $ref: "#/$defs/100%" } } } }),
      "input_schema.properties.a.$ref"
    ],
    "a reference to what every object has": [
      Tool.dynamic("mcp", { parameters: { type: "object", properties: { a: { $ref: "#/constructor" } } } }),
      "input_schema.properties.a.$ref"
    ],
    "a reference to elsewhere": [
      Tool.dynamic("mcp", {
        parameters: { type: "object", properties: { a: { items: { $ref: "https://a.test/b" } } } }
      }),
      "input_schema.properties.a.items.$ref"
    ],
    "references in a circle": [
      Tool.dynamic("mcp", { parameters: { $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/A" } } } }),
      "input_schema.$ref"
    ],
    "a strict schema that refers to itself": [
      tool(Schema.Struct({ tree: Tree })).annotate(Tool.Strict, true),
      "input_schema.properties.tree.$ref.properties.kids.items.$ref"
    ],
    "a strict schema of anything": [
      tool(Schema.Struct({ a: Schema.Struct({ b: Schema.Json }) })).annotate(Tool.Strict, true),
      "input_schema.properties.a.properties.b"
    ],
    "a strict record at the top": [
      tool(Schema.Record(Schema.String, Schema.String)).annotate(Tool.Strict, true),
      "input_schema.type"
    ],
    "a tool that another provider defines": [
      Tool.providerDefined({ id: "openai.web_search", customName: "Search", providerName: "web_search" })(undefined),
      "id"
    ]
  }
  for (const [name, [given, path]] of Object.entries(cases)) {
    it(name, () => {
      const found = faults(given)
      assert.deepStrictEqual(found.map((fault) => fault.path), [path])
      for (const { fix, message } of found) assert.isTrue(message.endsWith(".") && fix.endsWith("."))
    })
  }

  it("128 characters are a name", () => {
    assert.deepStrictEqual(faults(tool(Schema.Struct({}), "a".repeat(128))), [])
  })
})

describe("strict", () => {
  const parameters = Schema.Struct({
    a: Schema.Int,
    b: Schema.optionalKey(Schema.String),
    r: Schema.Record(Schema.String, Schema.Int)
  })
  const strict = Result.getOrThrow(define(tool(parameters).annotate(Tool.Strict, true)))

  it("closes every object and asks for every key", () => {
    assert.isTrue(strict.param.strict)
    assert.deepInclude(strict.param.input_schema, { required: ["a", "b", "r"], additionalProperties: false })
    assert.isUndefined(defined(parameters).param.strict)
  })

  it("takes input of the grammar, and input from before there was one", () =>
    Effect.runPromise(Effect.gen(function*() {
      const expected = { a: 1, r: { x: 2 } }
      const pairs = [{ "0": "x", "1": 2 }]
      assert.deepStrictEqual(yield* strict.accept({ a: 1, b: null, r: pairs }), expected)
      assert.deepStrictEqual(yield* strict.accept({ a: 1, r: { x: 2 } }), expected)
      assert.deepStrictEqual(yield* strict.accept({ a: 1, b: null, r: { x: 2 } }), expected)
    })))
})

/** Undefined is as good as missing, where a key may be either. */
const same = (a: unknown, b: unknown): boolean => {
  const rest = (value: unknown): unknown =>
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
      ? Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined))
      : value
  return Equal.equals(rest(a), rest(b))
}

describe("what the model sends", () => {
  for (const [name, [parameters]] of Object.entries(shapes)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a tool's schema is a codec without services here
    const schema = parameters as unknown as Schema.Codec<unknown, unknown>
    const json = Schema.toCodecJson(schema)
    for (const kind of ["plain", "strict"] as const) {
      const found = define(kind === "strict" ? tool(parameters).annotate(Tool.Strict, true) : tool(parameters))
      if (Result.isFailure(found)) continue
      it.effect.prop(
        `${name}, ${kind}: every value as JSON, with null for what is missing and keys nobody asked for`,
        { value: Arbitrary.schema(schema) },
        ({ value }) =>
          Effect.gen(function*() {
            const sent: unknown = JSON.parse(JSON.stringify(yield* Schema.encodeEffect(json)(value)))
            const expected = yield* Schema.decodeUnknownEffect(json)(sent)
            const { properties = {} } = defined(parameters).param.input_schema
            const missing = Object.keys(Object(properties))
              .filter((key) => typeof sent === "object" && sent !== null && !(key in sent))
            const nulls = Object.fromEntries(missing.map((key) => [key, null]))
            // Where a schema names no keys, none is more than it asks for.
            const { additionalProperties } = defined(parameters).param.input_schema
            const named = additionalProperties === undefined && Object.keys(Object(properties)).length > 0
            const open = named ? { nobody: "asked" } : {}
            for (const more of [{}, nulls, open, { ...nulls, ...open }]) {
              const { encoded, params } = yield* found.success.decode({ ...Object(sent), ...more })
              assert.isTrue(same(params, expected), `${JSON.stringify(sent)} with ${JSON.stringify(more)}`)
              // What the handler decodes is the same again.
              assert.isTrue(same(yield* Schema.decodeUnknownEffect(schema)(encoded), expected))
            }
          }),
        { arbitrary: { runs: 40, seed: 1 } }
      )
    }
  }

  it("null stays where it is meant, at any depth", () =>
    Effect.runPromise(Effect.gen(function*() {
      const { accept } = defined(Schema.Struct({ shape, tree: Tree }))
      const nulls = {
        shape: { kind: "square", side: 1, note: null },
        tree: { value: 1, note: null, kids: [{ value: 2, kids: [], note: null }] }
      }
      assert.deepStrictEqual(yield* accept(nulls), {
        shape: { kind: "square", side: 1, note: null },
        tree: { value: 1, kids: [{ value: 2, kids: [] }] }
      })
      const circle = { shape: { kind: "circle", radius: 1, note: null }, tree: { value: 1, kids: [] } }
      assert.deepStrictEqual(yield* accept(circle), { shape: { kind: "circle", radius: 1 }, tree: circle.tree })
    })))

  it("null stays in an optional key that takes it, and goes in the values of a record", () =>
    Effect.runPromise(Effect.gen(function*() {
      const one = Schema.Struct({
        a: Schema.optionalKey(Schema.NullOr(Schema.String)),
        b: Schema.optionalKey(Schema.String)
      })
      const { accept } = defined(Schema.Struct({ all: Schema.Record(Schema.String, one), some: Schema.Array(one) }))
      const nulls = { a: null, b: null }
      assert.deepStrictEqual(yield* accept({ all: { x: nulls }, some: [nulls] }), {
        all: { x: { a: null } },
        some: [{ a: null }]
      })
    })))

  it("of a union without tags the member that fits says where null is meant", () =>
    Effect.runPromise(Effect.gen(function*() {
      const union = Schema.Union([
        Schema.Struct({ a: Schema.optionalKey(Schema.String), n: Schema.Int }),
        Schema.Struct({ a: Schema.NullOr(Schema.String), s: Schema.String })
      ])
      const { accept, decode } = defined(Schema.Struct({ union }))
      assert.deepStrictEqual(yield* accept({ union: { a: null, s: "x" } }), { union: { a: null, s: "x" } })
      assert.deepStrictEqual(yield* accept({ union: { a: null, n: 1 } }), { union: { n: 1 } })
      assert.deepStrictEqual(
        yield* Effect.flip(decode({ union: null })).pipe(Effect.map(({ _tag }) => _tag)),
        "SchemaError"
      )
    })))

  it("a deep tree of tagged nodes is walked once", () =>
    Effect.runPromise(Effect.gen(function*() {
      interface Node {
        readonly tag: "left" | "right"
        readonly next?: Node
      }
      const side = <const T extends "left" | "right">(tag: T) =>
        Schema.Struct({
          tag: Schema.Literal(tag),
          next: Schema.optionalKey(Schema.suspend((): Schema.Codec<Node> => Node))
        })
      const Node: Schema.Codec<Node> = Schema.Union([side("left"), side("right")])
      const { accept } = defined(Schema.Struct({ node: Node }))
      const sent = (depth: number): object => ({ tag: "right", next: depth === 0 ? null : sent(depth - 1) })
      const text = JSON.stringify(yield* accept({ node: sent(150) }))
      assert.notInclude(text, "null")
      // Deeper than a schema can follow: whatever it does about that stays inside of the effect.
      const deep = { node: sent(3000) }
      assert.strictEqual(yield* Effect.catchCause(accept(deep), () => Effect.succeed(deep)), deep)
    })))

  it("what is no input of the tool is refused with its path", () =>
    Effect.runPromise(Effect.gen(function*() {
      const { decode } = defined(Schema.Struct({ a: Schema.Struct({ n: Schema.Int }) }))
      for (const wrong of [{}, { a: { n: "1" } }, { a: { n: 1.5 } }, { a: { n: null } }, null, [], "a"]) {
        const error = yield* Effect.flip(decode(wrong))
        assert.strictEqual(error._tag, "SchemaError")
      }
      assert.include((yield* Effect.flip(decode({ a: { n: "1" } }))).message, `["a"]["n"]`)
    })))

  it("an option is one, whichever way it is written", () =>
    Effect.runPromise(Effect.gen(function*() {
      const { decode } = defined(Schema.Struct({ k: Schema.OptionFromOptionalKey(Schema.String) }))
      assert.deepStrictEqual((yield* decode({ k: null })).params, { k: Option.none() })
      assert.deepStrictEqual((yield* decode({})).params, { k: Option.none() })
      assert.deepStrictEqual((yield* decode({ k: "x" })).params, { k: Option.some("x") })
    })))
})
