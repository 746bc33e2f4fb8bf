-- publish: wrk posts messages of 4 KB, each from one account to the next, each with a key of its own.
local users = tonumber(os.getenv("BENCH_USERS"))
local password = os.getenv("BENCH_PASSWORD")
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(text)
  return ((text:gsub(".", function(c)
    local bits, byte = "", c:byte()
    for i = 8, 1, -1 do bits = bits .. (byte % 2 ^ i - byte % 2 ^ (i - 1) > 0 and "1" or "0") end
    return bits
  end) .. "0000"):gsub("%d%d%d?%d?%d?%d?", function(bits)
    if #bits < 6 then return "" end
    local n = 0
    for i = 1, 6 do n = n + (bits:sub(i, i) == "1" and 2 ^ (6 - i) or 0) end
    return letters:sub(n + 1, n + 1)
  end) .. ({ "", "==", "=" })[#text % 3 + 1])
end

local words = {}
for i = 1, 700 do words[i] = ("word%d%s"):format(i % 97, i % 11 == 0 and "\n" or " ") end
local text = table.concat(words):sub(1, 4096)
local logins = {}
for i = 0, users - 1 do logins[i] = "Basic " .. base64(("user%d@one.test:%s"):format(i, password)) end

local count, run = 0, tostring(os.time())

function request()
  count = count + 1
  local user = count % users
  local body = '<message xmlns="urn:email2:1"><to><entry address="user' .. (user + 1) % users .. '@one.test"/></to><subject>Number ' .. count ..
    '</subject><body><part type="text/plain">' .. text .. "</part></body></message>"
  return wrk.format("POST", "/v1/messages", { ["Authorization"] = logins[user], ["Idempotency-Key"] = run .. "-" .. count }, body)
end
