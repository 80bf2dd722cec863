import { type Draft, type Noted } from "./draft.ts";
export declare const pair: (drafts: ReadonlyArray<Draft>, note: (noted: Noted) => void) => Array<Draft>;
