import type * as Schema from "effect/Schema";
import type { remote } from "./fields.ts";
import { BillingBlocked, ContextOverflow, InvalidConversation } from "./remote.ts";
type Common = Schema.Struct<typeof remote>["Type"];
interface Pattern {
    readonly text: RegExp;
    readonly sample: string;
    readonly reason: (common: Common, match: RegExpExecArray) => BillingBlocked | ContextOverflow | InvalidConversation;
}
export declare const patterns: ReadonlyArray<Pattern>;
export {};
