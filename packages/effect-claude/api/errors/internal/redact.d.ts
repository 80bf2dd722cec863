export declare const redact: (text: string, secrets?: ReadonlyArray<string>) => string;
export declare const beginning: (text: string, most: number) => string;
export declare const excerpt: (text: string, most: number, secrets?: ReadonlyArray<string>) => string;
