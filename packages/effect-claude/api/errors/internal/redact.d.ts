export declare const redact: (text: string, secrets?: ReadonlyArray<string>) => string;
export declare const beginning: (text: string, most: number) => string;
export declare const mostRead = 65536;
