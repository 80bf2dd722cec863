export interface ErrorBody {
    readonly type: string | undefined;
    readonly code: string | undefined;
    readonly message: string;
    readonly requestId: string | undefined;
    readonly appealUrl: string | undefined;
}
export type Fields = Readonly<Record<string, unknown>>;
export declare const isFields: (value: unknown) => value is Fields;
export declare const namesError: (body: string) => boolean;
export declare const read: (raw: unknown, secrets?: ReadonlyArray<string>) => ErrorBody;
