import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import * as History from "../../conversation/History.ts";
import { type Limits } from "../LoopGuard.ts";
import { JournalFailed, type ToolJournal } from "../ToolJournal.ts";
import { Answer, Outcome, Progress, RunTakenOver, Spent } from "./outcomes.ts";
declare const JsonRecord: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
export declare const Decision: Schema.Union<readonly [Schema.Literals<readonly ["approve", "deny"]>, Schema.Struct<{
    readonly deny: Schema.String;
}>]>;
export type Decision = typeof Decision.Type;
declare const Step: Schema.Union<readonly [Schema.TaggedStruct<"Opened", {}>, Schema.TaggedStruct<"Started", {
    readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<Limits, Schema.JsonObject, never, never>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
    }>;
    readonly spent: Schema.Struct<{
        readonly usd: Schema.optionalKey<Schema.Number>;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>;
}>, Schema.TaggedStruct<"Answered", {
    readonly message: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
    }>;
    readonly spent: Schema.Struct<{
        readonly usd: Schema.optionalKey<Schema.Number>;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>;
}>, Schema.TaggedStruct<"Claimed", {
    readonly id: Schema.String;
}>, Schema.TaggedStruct<"Settled", {
    readonly id: Schema.String;
    readonly result: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly fate: Schema.String;
}>, Schema.TaggedStruct<"Committed", {
    readonly history: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
    }>;
    readonly spent: Schema.Struct<{
        readonly usd: Schema.optionalKey<Schema.Number>;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>;
}>, Schema.TaggedStruct<"Fitted", {
    readonly history: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
    }>;
    readonly spent: Schema.Struct<{
        readonly usd: Schema.optionalKey<Schema.Number>;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>;
}>, Schema.TaggedStruct<"Resumed", {
    readonly decisions: Schema.$Record<Schema.String, Schema.Union<readonly [Schema.Literals<readonly ["approve", "deny"]>, Schema.Struct<{
        readonly deny: Schema.String;
    }>]>>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<Limits, Schema.JsonObject, never, never>;
    readonly history: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
}>, Schema.TaggedStruct<"Ended", {
    readonly outcome: Schema.Union<readonly [typeof import("./outcomes.ts").Finished, typeof import("./outcomes.ts").Truncated, typeof import("./outcomes.ts").Refused, typeof import("./outcomes.ts").Stopped, typeof import("./outcomes.ts").NeedsApproval, typeof import("./outcomes.ts").Failed]>;
}>]>;
export type Step = typeof Step.Type;
declare const Entry: Schema.fromJsonString<Schema.Struct<{
    readonly by: Schema.String;
    readonly step: Schema.Union<readonly [Schema.TaggedStruct<"Opened", {}>, Schema.TaggedStruct<"Started", {
        readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
        readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly limits: Schema.Codec<Limits, Schema.JsonObject, never, never>;
        readonly progress: Schema.Struct<{
            readonly turns: Schema.Int;
            readonly toolCalls: Schema.Int;
            readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
            readonly pauses: Schema.Int;
            readonly elapsed: Schema.Number;
            readonly leaked: Schema.Int;
            readonly memory: Schema.Struct<{
                readonly recent: Schema.$Array<Schema.Struct<{
                    readonly call: Schema.String;
                    readonly result: Schema.String;
                }>>;
                readonly warned: Schema.Boolean;
            }>;
            readonly longest: Schema.Number;
        }>;
        readonly spent: Schema.Struct<{
            readonly usd: Schema.optionalKey<Schema.Number>;
            readonly usage: Schema.Struct<{
                readonly inputTokens: Schema.Number;
                readonly cacheCreationTokens: Schema.Number;
                readonly cacheReadTokens: Schema.Number;
                readonly outputTokens: Schema.Number;
                readonly estimated: Schema.Boolean;
            }>;
        }>;
    }>, Schema.TaggedStruct<"Answered", {
        readonly message: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly progress: Schema.Struct<{
            readonly turns: Schema.Int;
            readonly toolCalls: Schema.Int;
            readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
            readonly pauses: Schema.Int;
            readonly elapsed: Schema.Number;
            readonly leaked: Schema.Int;
            readonly memory: Schema.Struct<{
                readonly recent: Schema.$Array<Schema.Struct<{
                    readonly call: Schema.String;
                    readonly result: Schema.String;
                }>>;
                readonly warned: Schema.Boolean;
            }>;
            readonly longest: Schema.Number;
        }>;
        readonly spent: Schema.Struct<{
            readonly usd: Schema.optionalKey<Schema.Number>;
            readonly usage: Schema.Struct<{
                readonly inputTokens: Schema.Number;
                readonly cacheCreationTokens: Schema.Number;
                readonly cacheReadTokens: Schema.Number;
                readonly outputTokens: Schema.Number;
                readonly estimated: Schema.Boolean;
            }>;
        }>;
    }>, Schema.TaggedStruct<"Claimed", {
        readonly id: Schema.String;
    }>, Schema.TaggedStruct<"Settled", {
        readonly id: Schema.String;
        readonly result: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly fate: Schema.String;
    }>, Schema.TaggedStruct<"Committed", {
        readonly history: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly progress: Schema.Struct<{
            readonly turns: Schema.Int;
            readonly toolCalls: Schema.Int;
            readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
            readonly pauses: Schema.Int;
            readonly elapsed: Schema.Number;
            readonly leaked: Schema.Int;
            readonly memory: Schema.Struct<{
                readonly recent: Schema.$Array<Schema.Struct<{
                    readonly call: Schema.String;
                    readonly result: Schema.String;
                }>>;
                readonly warned: Schema.Boolean;
            }>;
            readonly longest: Schema.Number;
        }>;
        readonly spent: Schema.Struct<{
            readonly usd: Schema.optionalKey<Schema.Number>;
            readonly usage: Schema.Struct<{
                readonly inputTokens: Schema.Number;
                readonly cacheCreationTokens: Schema.Number;
                readonly cacheReadTokens: Schema.Number;
                readonly outputTokens: Schema.Number;
                readonly estimated: Schema.Boolean;
            }>;
        }>;
    }>, Schema.TaggedStruct<"Fitted", {
        readonly history: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly progress: Schema.Struct<{
            readonly turns: Schema.Int;
            readonly toolCalls: Schema.Int;
            readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
            readonly pauses: Schema.Int;
            readonly elapsed: Schema.Number;
            readonly leaked: Schema.Int;
            readonly memory: Schema.Struct<{
                readonly recent: Schema.$Array<Schema.Struct<{
                    readonly call: Schema.String;
                    readonly result: Schema.String;
                }>>;
                readonly warned: Schema.Boolean;
            }>;
            readonly longest: Schema.Number;
        }>;
        readonly spent: Schema.Struct<{
            readonly usd: Schema.optionalKey<Schema.Number>;
            readonly usage: Schema.Struct<{
                readonly inputTokens: Schema.Number;
                readonly cacheCreationTokens: Schema.Number;
                readonly cacheReadTokens: Schema.Number;
                readonly outputTokens: Schema.Number;
                readonly estimated: Schema.Boolean;
            }>;
        }>;
    }>, Schema.TaggedStruct<"Resumed", {
        readonly decisions: Schema.$Record<Schema.String, Schema.Union<readonly [Schema.Literals<readonly ["approve", "deny"]>, Schema.Struct<{
            readonly deny: Schema.String;
        }>]>>;
        readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly limits: Schema.Codec<Limits, Schema.JsonObject, never, never>;
        readonly history: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    }>, Schema.TaggedStruct<"Ended", {
        readonly outcome: Schema.Union<readonly [typeof import("./outcomes.ts").Finished, typeof import("./outcomes.ts").Truncated, typeof import("./outcomes.ts").Refused, typeof import("./outcomes.ts").Stopped, typeof import("./outcomes.ts").NeedsApproval, typeof import("./outcomes.ts").Failed]>;
    }>]>;
}>>;
export type Entry = typeof Entry.Type;
type Journal = ToolJournal["Service"];
export declare class Recorder {
    private readonly lock;
    private readonly journal;
    private readonly run;
    private readonly by;
    place: number;
    constructor(journal: Journal, run: string, by: string, place: number);
    write(step: Step): Effect.Effect<void, JournalFailed | RunTakenOver>;
}
export declare const open: (journal: {
    readonly put: (run: string, at: number, entry: string) => Effect.Effect<string, JournalFailed>;
    readonly read: (run: string) => Effect.Effect<ReadonlyArray<string>, JournalFailed>;
    readonly remove: (run: string) => Effect.Effect<void, JournalFailed>;
}, run: string, by: string) => Effect.Effect<{
    steps: ({
        readonly _tag: "Opened";
    } | {
        readonly _tag: "Started";
        readonly history: History.History;
        readonly request: {
            readonly [x: string]: Schema.Json;
        };
        readonly limits: Limits;
        readonly progress: {
            readonly turns: number;
            readonly toolCalls: number;
            readonly callsPerTool: {
                readonly [x: string]: number;
            };
            readonly pauses: number;
            readonly elapsed: number;
            readonly leaked: number;
            readonly memory: {
                readonly recent: readonly {
                    readonly call: string;
                    readonly result: string;
                }[];
                readonly warned: boolean;
            };
            readonly longest: number;
        };
        readonly spent: {
            readonly usd?: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        };
    } | {
        readonly _tag: "Answered";
        readonly message: {
            readonly [x: string]: Schema.Json;
        };
        readonly progress: {
            readonly turns: number;
            readonly toolCalls: number;
            readonly callsPerTool: {
                readonly [x: string]: number;
            };
            readonly pauses: number;
            readonly elapsed: number;
            readonly leaked: number;
            readonly memory: {
                readonly recent: readonly {
                    readonly call: string;
                    readonly result: string;
                }[];
                readonly warned: boolean;
            };
            readonly longest: number;
        };
        readonly spent: {
            readonly usd?: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        };
    } | {
        readonly _tag: "Claimed";
        readonly id: string;
    } | {
        readonly _tag: "Settled";
        readonly id: string;
        readonly result: {
            readonly [x: string]: Schema.Json;
        };
        readonly fate: string;
    } | {
        readonly _tag: "Committed";
        readonly history: readonly Schema.Json[];
        readonly progress: {
            readonly turns: number;
            readonly toolCalls: number;
            readonly callsPerTool: {
                readonly [x: string]: number;
            };
            readonly pauses: number;
            readonly elapsed: number;
            readonly leaked: number;
            readonly memory: {
                readonly recent: readonly {
                    readonly call: string;
                    readonly result: string;
                }[];
                readonly warned: boolean;
            };
            readonly longest: number;
        };
        readonly spent: {
            readonly usd?: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        };
    } | {
        readonly _tag: "Fitted";
        readonly history: readonly Schema.Json[];
        readonly progress: {
            readonly turns: number;
            readonly toolCalls: number;
            readonly callsPerTool: {
                readonly [x: string]: number;
            };
            readonly pauses: number;
            readonly elapsed: number;
            readonly leaked: number;
            readonly memory: {
                readonly recent: readonly {
                    readonly call: string;
                    readonly result: string;
                }[];
                readonly warned: boolean;
            };
            readonly longest: number;
        };
        readonly spent: {
            readonly usd?: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        };
    } | {
        readonly _tag: "Resumed";
        readonly decisions: {
            readonly [x: string]: "approve" | "deny" | {
                readonly deny: string;
            };
        };
        readonly request: {
            readonly [x: string]: Schema.Json;
        };
        readonly limits: Limits;
        readonly history: readonly Schema.Json[];
    } | {
        readonly _tag: "Ended";
        readonly outcome: import("./outcomes.ts").Failed | import("./outcomes.ts").Finished | import("./outcomes.ts").NeedsApproval | import("./outcomes.ts").Refused | import("./outcomes.ts").Stopped | import("./outcomes.ts").Truncated;
    })[];
    recorder: Recorder;
}, JournalFailed, never>;
export declare const goOn: (journal: {
    readonly put: (run: string, at: number, entry: string) => Effect.Effect<string, JournalFailed>;
    readonly read: (run: string) => Effect.Effect<ReadonlyArray<string>, JournalFailed>;
    readonly remove: (run: string) => Effect.Effect<void, JournalFailed>;
}, run: string, by: string, from: number, step: {
    readonly _tag: "Opened";
} | {
    readonly _tag: "Started";
    readonly history: History.History;
    readonly request: {
        readonly [x: string]: Schema.Json;
    };
    readonly limits: Limits;
    readonly progress: {
        readonly turns: number;
        readonly toolCalls: number;
        readonly callsPerTool: {
            readonly [x: string]: number;
        };
        readonly pauses: number;
        readonly elapsed: number;
        readonly leaked: number;
        readonly memory: {
            readonly recent: readonly {
                readonly call: string;
                readonly result: string;
            }[];
            readonly warned: boolean;
        };
        readonly longest: number;
    };
    readonly spent: {
        readonly usd?: number;
        readonly usage: {
            readonly inputTokens: number;
            readonly cacheCreationTokens: number;
            readonly cacheReadTokens: number;
            readonly outputTokens: number;
            readonly estimated: boolean;
        };
    };
} | {
    readonly _tag: "Answered";
    readonly message: {
        readonly [x: string]: Schema.Json;
    };
    readonly progress: {
        readonly turns: number;
        readonly toolCalls: number;
        readonly callsPerTool: {
            readonly [x: string]: number;
        };
        readonly pauses: number;
        readonly elapsed: number;
        readonly leaked: number;
        readonly memory: {
            readonly recent: readonly {
                readonly call: string;
                readonly result: string;
            }[];
            readonly warned: boolean;
        };
        readonly longest: number;
    };
    readonly spent: {
        readonly usd?: number;
        readonly usage: {
            readonly inputTokens: number;
            readonly cacheCreationTokens: number;
            readonly cacheReadTokens: number;
            readonly outputTokens: number;
            readonly estimated: boolean;
        };
    };
} | {
    readonly _tag: "Claimed";
    readonly id: string;
} | {
    readonly _tag: "Settled";
    readonly id: string;
    readonly result: {
        readonly [x: string]: Schema.Json;
    };
    readonly fate: string;
} | {
    readonly _tag: "Committed";
    readonly history: readonly Schema.Json[];
    readonly progress: {
        readonly turns: number;
        readonly toolCalls: number;
        readonly callsPerTool: {
            readonly [x: string]: number;
        };
        readonly pauses: number;
        readonly elapsed: number;
        readonly leaked: number;
        readonly memory: {
            readonly recent: readonly {
                readonly call: string;
                readonly result: string;
            }[];
            readonly warned: boolean;
        };
        readonly longest: number;
    };
    readonly spent: {
        readonly usd?: number;
        readonly usage: {
            readonly inputTokens: number;
            readonly cacheCreationTokens: number;
            readonly cacheReadTokens: number;
            readonly outputTokens: number;
            readonly estimated: boolean;
        };
    };
} | {
    readonly _tag: "Fitted";
    readonly history: readonly Schema.Json[];
    readonly progress: {
        readonly turns: number;
        readonly toolCalls: number;
        readonly callsPerTool: {
            readonly [x: string]: number;
        };
        readonly pauses: number;
        readonly elapsed: number;
        readonly leaked: number;
        readonly memory: {
            readonly recent: readonly {
                readonly call: string;
                readonly result: string;
            }[];
            readonly warned: boolean;
        };
        readonly longest: number;
    };
    readonly spent: {
        readonly usd?: number;
        readonly usage: {
            readonly inputTokens: number;
            readonly cacheCreationTokens: number;
            readonly cacheReadTokens: number;
            readonly outputTokens: number;
            readonly estimated: boolean;
        };
    };
} | {
    readonly _tag: "Resumed";
    readonly decisions: {
        readonly [x: string]: "approve" | "deny" | {
            readonly deny: string;
        };
    };
    readonly request: {
        readonly [x: string]: Schema.Json;
    };
    readonly limits: Limits;
    readonly history: readonly Schema.Json[];
} | {
    readonly _tag: "Ended";
    readonly outcome: import("./outcomes.ts").Failed | import("./outcomes.ts").Finished | import("./outcomes.ts").NeedsApproval | import("./outcomes.ts").Refused | import("./outcomes.ts").Stopped | import("./outcomes.ts").Truncated;
}) => Effect.Effect<Recorder | undefined, JournalFailed, never>;
export interface Found {
    readonly history: History.History;
    readonly request: typeof JsonRecord.Type;
    readonly limits: Limits;
    readonly progress: Progress;
    readonly spent: Spent;
    readonly message: typeof Answer.Type | undefined;
    readonly settled: ReadonlyMap<string, {
        readonly result: typeof Answer.Type;
        readonly fate: string;
    }>;
    readonly claimed: ReadonlySet<string>;
    readonly decisions: Readonly<Record<string, Decision>>;
    readonly ended: Outcome | undefined;
}
export declare const fold: (steps: ReadonlyArray<Step>) => Result.Result<Found | undefined, History.InvalidHistory>;
export {};
