-- The profile document.
SELECT profile FROM city_profile
