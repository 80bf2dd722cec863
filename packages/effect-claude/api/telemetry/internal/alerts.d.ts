import type * as ClaudeError from "../../errors/ClaudeError.ts";
import type { Alert } from "./event.ts";
import type { Source } from "./hook.ts";
export type Alarming = Extract<ClaudeError.Reason, {
    readonly _tag: Alert["reason"];
}>;
export declare const isAlarming: (reason: ClaudeError.Reason) => reason is Alarming;
export declare class Alerts {
    readonly blocked: {
        readonly [R in Alert["reason"]]: Set<Source>;
    };
    private readonly said;
    raise(reason: Alarming, source: Source, call: number, model: string, at: number): Alert | undefined;
    succeeded(source: Source): void;
}
