-- What only ever grew, and erasing people in bounded steps.

alter table erasure add column within bigint not null default 0;  -- the message within the list `position`
-- Two more steps: what is pruned by time is forgotten apart, and what somebody wrote is looked at apart (store/erase.h).
update erasure set step = case when step = 0 then 0 when step <= 3 then step + 1 else step + 2 end;
create index erasure_under_way on erasure(person_id) where ended is null;

create index told_at on told(at) where kind <> 12;  -- what was told once in a thread stays as long as that
