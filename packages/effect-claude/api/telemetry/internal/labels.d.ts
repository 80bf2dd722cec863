export declare const clean: (value: string) => string;
export declare class Labels {
    private readonly known;
    private readonly most;
    constructor(most: number);
    of(value: string): string;
}
