import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import type { Event } from "./event.ts";
type Batch = readonly [Event, ...Array<Event>];
export declare class Reader {
    private readonly ring;
    private readonly most;
    private readonly lose;
    private from;
    private lost;
    private over;
    private wake;
    constructor(most: number, lose: () => void);
    push(event: Event): void;
    end(): void;
    private take;
    readonly pull: Effect.Effect<Batch, Cause.Done>;
}
export declare class Outlet {
    private readonly readers;
    private readonly most;
    private readonly lose;
    constructor(most: number, lose: () => void);
    get isIdle(): boolean;
    publish(event: Event): void;
    open(): Reader;
    close(reader: Reader): void;
    end(): void;
}
export {};
