import type Anthropic from "@anthropic-ai/sdk";
type MessageParam = Anthropic.MessageParam;
export type Measure = (message: MessageParam) => number;
export declare class Log {
    private readonly messages;
    private readonly pieces;
    private joined;
    private buffer;
    private readonly ends;
    private readonly ids;
    private readonly sums;
    constructor(messages: ReadonlyArray<MessageParam>, pieces?: ReadonlyArray<string | undefined>);
    append(length: number, added: ReadonlyArray<MessageParam>): Log;
    at(index: number): MessageParam | undefined;
    slice(from: number, to: number): Array<MessageParam>;
    used(id: string, length: number): boolean;
    sum(measure: Measure, length: number): number;
    private piece;
    encoded(length: number): string;
    bytes(length: number): Uint8Array;
}
export {};
