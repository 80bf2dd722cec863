import type { Alerts } from "./alerts.ts";
import type { Source } from "./hook.ts";
import { Labels } from "./labels.ts";
import { Levels, type Surroundings } from "./levels.ts";
import type { Registry } from "./registered.ts";
import { ModelSeries } from "./series.ts";
export declare const mostModels = 64;
export declare class Client {
    readonly source: Source;
    readonly address: string;
    readonly levels: Levels | undefined;
    readonly operations: Labels;
    private readonly registry;
    private readonly models;
    private readonly known;
    constructor(source: Source, around: Surroundings, isShown: boolean);
    series(model: string | undefined): ModelSeries;
}
export declare class Clients {
    readonly models: Labels;
    private readonly operations;
    private readonly addresses;
    private readonly limiters;
    private readonly all;
    private readonly open;
    private readonly registry;
    private readonly run;
    private readonly alerts;
    constructor(registry: Registry, run: Surroundings["run"], alerts: Alerts);
    of(source: Source): Client;
    readonly close: () => void;
}
