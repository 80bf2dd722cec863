export interface Bounds {
    readonly runLength: number;
    readonly place: number;
    readonly entryBytes: number;
}
export declare const within: (bounds: Bounds, run: string, at?: number, entry?: string) => string | undefined;
