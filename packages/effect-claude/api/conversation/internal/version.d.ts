import type { Log } from "./log.ts";
export declare const log: unique symbol;
export declare class Version {
    readonly [log]: Log;
    readonly length: number;
    constructor(of: Log, length: number);
}
