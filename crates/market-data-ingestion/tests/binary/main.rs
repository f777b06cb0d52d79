//! The real binary, from the outside: its commands, its HTTP answers and the databases it meets.

mod api;
mod backfill;
mod commands;
mod deploy;
mod import;
mod ingest;
mod maintain;
mod migrations;
mod program;
mod readme;
mod sample;
mod upgrade;
mod venue;
