// What every staff page does with a script. Without it every page still works.
