-- The peer in nginx + Lua: the call is a subrequest to a location that keeps its connections.
local json = require "cjson"

ngx.req.read_body()
local lead = json.decode(ngx.req.get_body_data()).lead
local function token(name)
    return json.encode(lead[name])
end

-- The token inside a string goes without the quotes of its own.
local payload = '{"email": ' .. token("Email Address") .. ', "greeting": "Dear ' .. token("First Name"):sub(2, -2)
    .. '", "company": ' .. token("Company Name") .. '}'

local response = ngx.location.capture("/service", { method = ngx.HTTP_POST, body = payload })
local text
if response.status == 200 then
    local found = json.decode(response.body)
    text = '{"outcome":"updated","fields":' .. '{"NumberOfEmployees":' .. json.encode(found.company.employees)
        .. ',"Title":' .. json.encode(found.person.title) .. '}}'
else
    text = '{"outcome":"failed"}'
end
ngx.header["Content-Type"] = "application/json"
ngx.header["Content-Length"] = #text
ngx.print(text)
