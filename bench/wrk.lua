-- What wrk asks: the lines of a file in turn; with "new", each with a comment that no other has.
local targets, thread, number = {}, 0, 0

function setup(each)
  thread = thread + 1
  each:set("id", thread)
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    targets[#targets + 1] = line
  end
  kind = arguments[2]
  stamp = os.time() % 100000 .. "-" .. id .. "-"
  wrk.headers["Accept"] = "application/sparql-results+json, application/n-triples;q=0.9"
end

function request()
  number = number + 1
  local target = targets[number % #targets + 1]
  if kind == "new" or (kind == "mix" and number % 2 == 0) then
    target = target .. "%23" .. stamp .. number .. "%0A"
  end
  return wrk.format("GET", target)
end
