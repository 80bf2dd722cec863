import type { Verdict } from "../../policies/Chaos.ts";
import type { Ask } from "./exchange.ts";
export declare const befallen: (ask: Ask, chaos: () => Verdict, sleep: (millis: number, signal: AbortSignal) => Promise<void>) => Ask;
