-- What version 1.2.3 left behind: an import of two providers, and a candle without the values that a file may leave out.
CREATE TABLE "candle" (
        symbol       TEXT NOT NULL,
        interval     TEXT NOT NULL,
        open_time    INTEGER NOT NULL,
        provider     TEXT NOT NULL,
        open         TEXT NOT NULL,
        high         TEXT NOT NULL,
        low          TEXT NOT NULL,
        close        TEXT NOT NULL,
        volume       TEXT NOT NULL,
        trade_count  INTEGER,
        receive_time INTEGER,
        PRIMARY KEY (symbol, interval, open_time, provider)
    ) STRICT, WITHOUT ROWID;
INSERT INTO candle VALUES
    ('BTC-USDT', '1m', 1767571200000000000, 'binance', '93215.4', '93250.8', '93215.4', '93249.19', '1.5511', 2107, 1767571260207000000),
    ('BTC-USDT', '1m', 1767571200000000000, 'kraken', '93215.4', '93250.8', '93215.4', '93249.19', '1.5511', 2107, 1767571260207000000),
    ('BTC-USDT', '1m', 1767571260000000000, 'binance', '93249.19', '93281.26', '93218.25', '93252.69', '11.90488', 253, 1767571320190000000),
    ('BTC-USDT', '1m', 1767571260000000000, 'kraken', '93249.19', '93281.26', '93218.25', '93252.69', '11.90488', 253, 1767571320190000000),
    ('ETH-USDT', '1d', 1767571200000000000, 'kraken', '1', '1', '1', '1', '0', NULL, NULL);
PRAGMA user_version = 2;
PRAGMA journal_mode = WAL;
