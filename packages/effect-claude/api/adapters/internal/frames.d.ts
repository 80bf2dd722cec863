import type { Sink } from "../../client/internal/sse.ts";
export declare class FrameDecoder {
    private readonly sink;
    private pieces;
    private size;
    private needed;
    overflow: boolean;
    constructor(sink: Sink);
    push(chunk: Uint8Array): void;
    private frame;
}
