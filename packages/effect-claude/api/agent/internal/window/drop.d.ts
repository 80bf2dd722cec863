import { type Cut } from "./exchanges.ts";
import type { MessageParam, Situation, Strategy } from "./strategy.ts";
export declare const cut: (messages: ReadonlyArray<MessageParam>, { from, kept, tail }: Cut) => ReadonlyArray<MessageParam>;
export declare const enough: ({ messages, tokensOf }: Situation, cuts: ReadonlyArray<Cut>, excess: number) => Cut | undefined;
export declare const dropExchanges: (keep: number) => Strategy;
export declare const dropSteps: (keep: number) => Strategy;
