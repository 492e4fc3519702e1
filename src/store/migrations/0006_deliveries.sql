-- What was sent where: a finding is sent again only when it says something else, or before the receiver forgets it.
create table deliveries (
  destination text collate "C" not null,
  fingerprint text collate "C" not null,
  digest text not null, -- of what was acknowledged; empty while a delivery is under way
  workflow text not null, -- the state there; CHANGING while another one is asked for
  sent timestamptz not null,
  primary key (destination, fingerprint)
);
create index deliveries_of on deliveries (fingerprint);
