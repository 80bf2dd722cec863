import { type Fields } from "../../errors/internal/body.ts";
export { type Fields, isFields } from "../../errors/internal/body.ts";
export interface Block {
    readonly type: string;
    readonly fields: Fields;
    readonly message: number;
    readonly at: number;
}
export interface Turn {
    readonly index: number;
    readonly role: unknown;
    readonly text: string | undefined;
    readonly blocks: ReadonlyArray<Block>;
    readonly calls: boolean;
}
export declare const turnsOf: (messages: ReadonlyArray<unknown>) => ReadonlyArray<Turn>;
export declare const pathOf: (block: Block) => string;
export declare const idOf: (block: Block) => string | undefined;
export declare const answersOf: (block: Block) => string | undefined;
export declare const isServerResult: (block: Block) => boolean;
export declare const isServerCall: (block: Block) => boolean;
export declare const shown: (value: unknown) => string;
