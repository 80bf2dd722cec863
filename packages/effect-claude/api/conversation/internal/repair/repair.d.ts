import { type Change } from "./draft.ts";
export interface Mended {
    readonly messages: ReadonlyArray<unknown>;
    readonly changes: ReadonlyArray<Change>;
}
export declare const repair: (messages: ReadonlyArray<unknown>) => Mended;
