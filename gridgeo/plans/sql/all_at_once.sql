-- Check deferred constraints now, not at commit.
SET CONSTRAINTS ALL IMMEDIATE
