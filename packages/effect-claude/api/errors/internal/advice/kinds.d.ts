import type { Reason } from "../../ClaudeError.ts";
import type { PatternName } from "../patterns.ts";
import { type Diagnosis } from "./advice.ts";
type Of<Tag extends Reason["_tag"]> = Extract<Reason, {
    readonly _tag: Tag;
}>;
export declare const known: {
    readonly [Name in PatternName]?: Diagnosis;
};
export declare const conversations: {
    readonly [Kind in Of<"InvalidConversation">["kind"]]: Diagnosis;
};
export declare const limits: {
    readonly [Limit in Of<"RateLimited">["limit"]]: string;
};
export declare const billed: {
    readonly [Kind in Of<"BillingBlocked">["kind"]]: readonly [string, string];
};
export declare const phases: {
    readonly [Phase in Of<"TimedOut">["phase"]]: readonly [string, string];
};
export declare const proxySteps: string[];
export declare const googleQuota: {
    readonly cause: string;
    readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
    readonly steps: readonly string[];
    readonly retry: {
        readonly helps: "no" | "once" | "yes";
        readonly when: string;
    };
    readonly docs: string;
};
export {};
