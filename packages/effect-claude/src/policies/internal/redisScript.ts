/**
 * One limit in Redis, as one value under one key that expires. A process says in one call what has ended since the last
 * one and who wants to begin; the script settles, lets in whoever fits, and says when to come again. Its clock is the
 * server's, its numbers are fractional, its buckets are those of `bucket.ts`. Everything a user wrote is in the key.
 */
import * as Redis from "effect/persistence/Redis"

const lua = `
local dimensions = { 'requests', 'inputTokens', 'outputTokens' }
local rounding = { requests = 0, inputTokens = 500, outputTokens = 500 }
-- One in three years, so that a limit of nothing makes no infinite wait.
local leastRate = 1e-11
-- What was granted so many milliseconds before a request, or less, may reach the server after it.
local unsent = 150
-- Nothing is kept for longer than thirty days.
local longest = 30 * 86400000
local ask = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('GET', KEYS[1])
local state = found and cjson.decode(found) or
  { born = now, at = now, ahead = 0, seq = 0, turn = 0, paused = 0, ramps = 0, buckets = {}, sessions = {} }
-- After a failover another machine's clock may be behind: time goes on from where it was.
state.ahead = math.max(state.ahead, state.at - now)
now = now + state.ahead
local passed = now - state.at
state.at = now

for id, one in pairs(state.sessions) do
  if one.till <= now then state.sessions[id] = nil end
end
local id = ask.session
if not id then
  state.turn = state.turn + 1
  id = string.format('%.0f-%.0f', now, state.turn)
end
local me = state.sessions[id] or { number = ask.number - 1 }
if ask.number < me.number then return { id } end
me.till, me.settings = now + ask.lease, ask.settings
state.sessions[id] = me

-- Where processes have different settings the lowest numbers hold. A number that is missing is -1.
local settings = ask.settings
for _, one in pairs(state.sessions) do
  for at, number in ipairs(one.settings) do
    if number >= 0 and (settings[at] < 0 or number < settings[at]) then
      if settings == ask.settings then settings = { unpack(ask.settings) } end
      settings[at] = number
    end
  end
end
local configured, places, burst = {}, settings[4] >= 0 and settings[4], settings[5]
for at, name in ipairs(dimensions) do configured[name] = settings[at] >= 0 and settings[at] or math.huge end

local buckets, limit, capacity, rate, foreign = state.buckets, {}, {}, {}, {}
local function know(name)
  local b = buckets[name]
  local most = math.min(configured[name], b.heard or math.huge)
  if most == math.huge then return end
  foreign[name] = b.weight < 1000 and 0 or math.max(0, b.used / b.weight)
  limit[name], capacity[name] = most, most * burst
  -- One request is the least that can be taken.
  if name == 'requests' and most > 0 then capacity[name] = math.max(1, capacity[name]) end
  rate[name] = math.max(leastRate, most * 0.05 / 60000, most / 60000 - foreign[name])
  b.level = math.min(capacity[name], b.level or ask.view[name] or capacity[name])
end
for _, name in ipairs(dimensions) do
  buckets[name] = buckets[name] or { taken = 0, given = 0, doubt = 0, anchored = -1, used = 0, weight = 0 }
  know(name)
  local b = buckets[name]
  if limit[name] then
    b.level = math.min(capacity[name], b.level + passed * rate[name])
  end
end

local function give(name, amount)
  local b = buckets[name]
  b.given = b.given + amount
  if limit[name] then b.level = math.min(capacity[name], b.level + amount) end
end

-- What others use, read off the last sample but one: whether its own request was refused is known by now.
local function learn(name, b, mark, remaining)
  local last, next = b.last, b.next
  if next and mark.at - next.at < 2000 then return end
  b.last, b.next = next, { at = mark.at, net = mark[name][2], remaining = remaining }
  if not last or not next then return end
  local millis = next.at - last.at
  local keep, full = math.exp(-millis / 10000), capacity[name] * 0.9
  b.weight, b.used = b.weight * keep, b.used * keep
  if next.remaining > full or last.remaining > full then return end
  b.weight = b.weight + millis
  b.used = b.used + limit[name] * millis / 60000 - math.max(0, next.remaining - last.remaining + next.net - last.net)
end

-- The level falls to what an answer said of the instant it was asked for, less what was taken since; it rises to it up
-- to the configured limit.
local function observe(name, heard, mark)
  local b = buckets[name]
  b.heard = heard[1]
  know(name)
  local remaining = heard[2]
  if not remaining then return end
  if name == 'outputTokens' then
    b.level = math.min(b.level, remaining + rounding[name])
    return
  end
  if mark.seq <= b.anchored then return end
  learn(name, b, mark, remaining)
  know(name)
  local age = math.max(0, now - mark.at)
  local there = math.min(capacity[name], remaining + age * rate[name]) - math.max(0, b.taken - mark[name][4])
  local doubt = math.sqrt(math.max(0, b.doubt - mark[name][3]))
  local low = there - doubt - rounding[name] - foreign[name] * (1000 + age / 4)
  b.level = math.min(b.level, low)
  if heard[1] > configured[name] then return end
  b.level = math.max(b.level, low - 2 * rounding[name])
  b.anchored = mark.seq
end

if ask.number == me.number then
  -- Its answer was lost: what it brought has been settled, what it let in never began.
  for _, name in ipairs(dimensions) do give(name, me.took[name]) end
  ask.events = {}
end
me.number, me.held = ask.number, ask.held
me.took = { requests = 0, inputTokens = 0, outputTokens = 0 }

if ask.paused then
  -- It was without us: what it knows of its own holds, if it is less.
  state.paused = math.max(state.paused, now + math.min(ask.paused, longest))
  for _, name in ipairs(dimensions) do
    local b = buckets[name]
    if b.level then b.level = math.min(b.level, ask.view[name] or b.level) end
  end
end
for _, event in ipairs(ask.events) do
  local mark = event.mark and cjson.decode(event.mark)
  -- A restart forgets what marks refer to.
  if mark and mark.born == state.born then
    for at, name in ipairs(dimensions) do
      -- What the server has told since is in its levels.
      if event.give and mark.seq > buckets[name].anchored then give(name, event.give[at]) end
      if event.headers and event.headers[name] then observe(name, event.headers[name], mark) end
    end
  end
  if event.pause then
    state.paused = math.max(state.paused, now + math.min(event.pause, longest))
    if event.ramp then state.ramps = state.ramps + 1 end
    local b = event.drain and buckets[event.drain]
    if b and b.level then b.level = math.min(b.level, 0) end
  end
end

-- Whoever was told to wait keeps a turn: what it waits for is left to it by those who come later.
local inFlight, sessions = 0, 0
local older = { requests = 0, inputTokens = 0, outputTokens = 0, places = 0 }
local all = { requests = 0, inputTokens = 0, outputTokens = 0, places = 0 }
local function leave(sum, claim)
  for at, name in ipairs(dimensions) do sum[name] = sum[name] + claim.need[at] end
  -- A place is left to another process only if it has waited for one: it does not know at once that one is free.
  if claim.since and now - claim.since >= 1000 then sum.places = sum.places + 1 end
end
for other, one in pairs(state.sessions) do
  inFlight, sessions = inFlight + one.held, sessions + 1
  local claim = one.claim
  if other ~= id and claim and claim.till > now then
    leave(all, claim)
    if not me.claim or claim.turn < me.claim.turn then leave(older, claim) end
  end
end

local grants, soonest, blocked, looked, claim = {}, nil, 0, 0, nil
for index, need in ipairs(ask.asks) do
  if blocked > ask.lookahead then break end
  looked = index
  local ahead = index == 1 and older or all
  local wait, wants, since = math.max(0, state.paused - now), {}, nil
  for at, name in ipairs(dimensions) do
    wants[at] = need[at] + (name == 'inputTokens' and need[4] or 0)
    if limit[name] then
      wants[at] = math.min(wants[at], capacity[name])
      local missing = wants[at] + (wants[at] > 0 and ahead[name] or 0) - buckets[name].level
      if missing > 1e-6 then wait = math.max(wait, missing / rate[name]) end
    end
  end
  if places and inFlight + ahead.places + 1 > places then
    since = me.claim and me.claim.since or now
    wait = math.max(wait, math.min(500, math.max(25, (now - since) / 10)))
  end
  if wait == 0 then
    state.seq, inFlight, me.held = state.seq + 1, inFlight + 1, me.held + 1
    local mark = { born = state.born, seq = state.seq, at = now }
    for at, name in ipairs(dimensions) do
      local b = buckets[name]
      if not b.recent or now - b.recent.last >= unsent then
        b.before, b.recent = b.taken, { at = now, taken = b.taken }
      elseif now - b.recent.at >= unsent then
        b.before, b.recent = b.recent.taken, { at = now, taken = b.taken }
      end
      b.recent.last = now
      if limit[name] then b.level = b.level - need[at] end
      b.taken = b.taken + need[at]
      if name == 'inputTokens' then b.doubt = b.doubt + need[4] * need[4] end
      me.took[name] = me.took[name] + need[at]
      mark[name] = { b.taken, b.taken - b.given, b.doubt, b.before + need[at] }
    end
    grants[#grants + 1] = tostring(index - 1)
    grants[#grants + 1] = cjson.encode(mark)
    if index == 1 then me.claim = nil end
  else
    soonest = math.min(soonest or wait, wait)
    if blocked == 0 then
      if not me.claim then state.turn = state.turn + 1 end
      claim = { turn = me.claim and me.claim.turn or state.turn, need = wants, since = since, till = now + wait + 1000 }
    end
    blocked = blocked + 1
  end
end
me.claim = claim

local pause = math.max(0, state.paused - now)
if ask.bye then state.sessions[id] = nil end
-- Kept until nothing of it matters any more: until a pause is over and the buckets are full again.
local keep = math.max(pause, 540000)
for name in pairs(limit) do keep = math.max(keep, (capacity[name] - buckets[name].level) / rate[name]) end
redis.call('SET', KEYS[1], cjson.encode(state), 'PX', math.ceil(math.min(keep, longest) + 60000))

local reply = { id, tostring(looked), soonest and tostring(math.ceil(soonest)) or '', tostring(inFlight),
  tostring(sessions), tostring(math.ceil(pause)), tostring(state.ramps) }
for _, name in ipairs(dimensions) do
  reply[#reply + 1] = limit[name] and string.format('%.3f', buckets[name].level) or ''
  reply[#reply + 1] = limit[name] and string.format('%.3f', limit[name]) or ''
  reply[#reply + 1] = limit[name] and string.format('%.6f', rate[name] * 60000) or ''
end
for _, grant in ipairs(grants) do reply[#reply + 1] = grant end
return reply
`

/** Key and request. */
export const script = Redis.script((key: string, request: string) => [key, request], { lua, numberOfKeys: 1 })
  .withReturnType<ReadonlyArray<string>>()
