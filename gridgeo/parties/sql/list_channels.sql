-- All intake channels in name order.
SELECT channel, name_zh, name_en, kind FROM channel ORDER BY channel COLLATE "C"
