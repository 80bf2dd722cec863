export declare class Tally {
    total: number;
    private readonly counts;
    add(name: string | undefined): void;
    of(name: string): number;
}
