CREATE TABLE candle (
    symbol      TEXT NOT NULL,
    interval    TEXT NOT NULL,
    open_time   INTEGER NOT NULL,
    open        TEXT NOT NULL,
    high        TEXT NOT NULL,
    low         TEXT NOT NULL,
    close       TEXT NOT NULL,
    volume      TEXT NOT NULL,
    trade_count INTEGER,
    PRIMARY KEY (symbol, interval, open_time)
) STRICT, WITHOUT ROWID;
INSERT INTO candle VALUES
    ('BTC-USDT', '1m', 1767571200000000000, '100.1', '101', '99', '100.5', '12.5', 7),
    ('BTC-USDT', '1m', 1767571260000000000, '100.5', '102', '100', '101', '7', NULL);
PRAGMA user_version = 1;
