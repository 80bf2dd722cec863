import type Anthropic from "@anthropic-ai/sdk";
import type { Log } from "./log.ts";
export declare const log: unique symbol;
export declare class Version {
    readonly [log]: Log;
    readonly length: number;
    constructor(of: Log, length: number);
}
export declare const listOf: (version: Version) => Array<Anthropic.MessageParam>;
export declare const versionOf: (list: unknown) => Version | undefined;
