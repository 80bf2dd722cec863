export interface Subject {
    readonly method: "createMessage" | "streamMessage" | "countTokens";
    readonly form: "json" | "events" | "either";
    readonly model: string;
    readonly key: string;
    readonly host: string;
    readonly provider: string;
    readonly params: object;
    readonly bytes: number;
    readonly cached: boolean;
    readonly maxTokens: number | undefined;
    readonly resend: boolean;
}
interface Place {
    readonly host: string;
    readonly provider: string;
    readonly cloud: boolean;
    readonly model: string | undefined;
    readonly counting: boolean;
    readonly streamed: boolean;
}
export declare const place: (method: string | undefined, url: string) => Place | undefined;
export declare const read: (place: Place, body: string) => Subject | undefined;
export declare const secrets: (headers: Headers) => ReadonlyArray<string>;
export {};
