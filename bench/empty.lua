-- sysbench's cheapest event: what its engine costs when it does nothing.
function event()
end
