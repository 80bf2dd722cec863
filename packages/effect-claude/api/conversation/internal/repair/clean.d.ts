import { type Draft, type Noted } from "./draft.ts";
export declare const clean: (messages: ReadonlyArray<unknown>, strip: boolean, note: (noted: Noted) => void) => Array<Draft>;
export declare const dropLoneCalls: (drafts: ReadonlyArray<Draft>, note: (noted: Noted) => void) => Array<Draft>;
