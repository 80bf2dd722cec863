export interface Parts {
    readonly response: Response;
    readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
    readonly headers?: Headers;
}
export declare const copy: ({ body, headers, response }: Parts) => Response;
