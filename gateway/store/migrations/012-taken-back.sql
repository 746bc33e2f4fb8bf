-- A correspondent took it back by mail: it stays, and every reference to it, later ones too, is shown with $Withdrawn.
alter table message add column taken_back boolean not null default false;
update message m set taken_back = true where m.state <> 1 and 6 = (
  select e.kind from event e where e.message_id = m.id and e.kind in (6, 7) order by e.seq desc limit 1);
