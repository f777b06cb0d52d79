-- What schema 3 added to the tables of version 1.2.3, with where an ingestion is and what a provider was asked for.
CREATE TABLE ingestion (
    symbol     TEXT NOT NULL,
    interval   TEXT NOT NULL,
    provider   TEXT NOT NULL,
    state      TEXT NOT NULL,
    generation INTEGER NOT NULL,
    PRIMARY KEY (symbol, interval, provider)
) STRICT, WITHOUT ROWID;
CREATE TABLE asked (
    symbol   TEXT NOT NULL,
    interval TEXT NOT NULL,
    provider TEXT NOT NULL,
    start    INTEGER NOT NULL,
    stop     INTEGER NOT NULL,
    PRIMARY KEY (symbol, interval, provider, start)
) STRICT, WITHOUT ROWID;
INSERT INTO asked VALUES ('BTC-USDT', '1m', 'kraken', 1767571200000000000, 1767571500000000000);
PRAGMA user_version = 3;
