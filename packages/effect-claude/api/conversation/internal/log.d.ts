import type Anthropic from "@anthropic-ai/sdk";
type MessageParam = Anthropic.MessageParam;
export declare class Log {
    private readonly messages;
    private readonly pieces;
    private readonly ids;
    constructor(messages: ReadonlyArray<MessageParam>, pieces?: ReadonlyArray<string | undefined>);
    append(length: number, added: ReadonlyArray<MessageParam>): Log;
    at(index: number): MessageParam | undefined;
    slice(from: number, to: number): Array<MessageParam>;
    used(id: string, length: number): boolean;
    encoded(length: number): string;
}
export {};
