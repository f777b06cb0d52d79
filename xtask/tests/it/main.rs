//! The release tool as a captain meets it: the real binary, real git and real cargo on small workspaces.
//! It must never reach the network, nor look inside the tool: what is asserted is what a person could see.

mod after;
mod bare;
mod book;
mod calendar;
mod cases;
mod changelog;
mod clock;
mod clones;
mod confirmations;
mod contents;
mod crashes;
mod defects;
mod dists;
mod engine;
mod floors;
mod github;
mod gits;
mod harness;
mod hotfix;
mod init;
mod killed_git;
mod lines;
mod links;
mod names;
mod rehearse;
mod rollback_here;
mod rolled_back;
mod secrets;
mod squashed;
mod stage;
mod stories;
mod strangers;
mod surroundings;
mod tags;
mod wheels;
