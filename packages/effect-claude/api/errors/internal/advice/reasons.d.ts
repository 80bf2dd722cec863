import type { Reason } from "../../ClaudeError.ts";
import { type Diagnosis } from "./advice.ts";
type Of<Tag extends Reason["_tag"]> = Extract<Reason, {
    readonly _tag: Tag;
}>;
type Table = {
    readonly [Tag in Reason["_tag"]]: (reason: Of<Tag>) => Diagnosis;
};
export declare const reasons: Table;
export {};
